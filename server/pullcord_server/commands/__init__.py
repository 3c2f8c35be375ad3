"""The commands of pullcord-server."""
