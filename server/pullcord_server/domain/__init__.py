"""The pure decisions: cards, orders, lamps, calls, plant, time. No SQL, clock or framework."""
