"""What is remembered: claims on updates, what chats have set, votes, redacted misses, what was taught."""
