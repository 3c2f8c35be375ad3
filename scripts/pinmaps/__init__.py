"""Wiring drawings: a station's file as a picture of the header and of what hangs on each pin."""
