"""The programs that run on a Greenroom instance: the agent, the demo streamer and the null application."""

AGENT_VERSION = "1.0.0"
