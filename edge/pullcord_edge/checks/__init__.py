"""What can be said of a station's health from facts: pure, a module a family."""
