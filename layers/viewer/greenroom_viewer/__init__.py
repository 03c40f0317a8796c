"""A viewer without a screen: it knows a deployment by its HTTP API, its Viewer socket and WebRTC, as a page does."""
