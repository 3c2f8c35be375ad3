"""The station of Pullcord: reads, keeps, publishes, and shows lamps."""
