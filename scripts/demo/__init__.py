"""`make demo`: a machine shop on one machine, every process of it real."""
