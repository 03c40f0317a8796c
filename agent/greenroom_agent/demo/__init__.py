"""The demo streamer: a scene drawn in software, streamed like an Unreal application and controlled by its viewer."""
