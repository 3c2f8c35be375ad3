"""The server of Pullcord: turns what stations saw into orders and lamps."""
