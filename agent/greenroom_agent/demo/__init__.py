"""The demo streamer: a stage drawn in software, streamed like an Unreal application and controlled by its viewer."""
