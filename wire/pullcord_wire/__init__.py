"""The contract between station and server: messages, one codec, topics. Standard library only, no I/O."""
