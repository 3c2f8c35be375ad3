"""Planning: pure functions over values; rational arithmetic before every ceiling (DESIGN 4)."""
