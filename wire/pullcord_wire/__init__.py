"""The contract between station and server: messages, one codec, topics. Pure standard library."""
