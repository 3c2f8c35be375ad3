"""The station's program: puts the parts together, and turns the one loop that owns journal and state."""

from pullcord_edge.agent.agent import Agent
from pullcord_edge.agent.memory import remember

__all__ = ["Agent", "remember"]
