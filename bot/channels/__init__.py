"""The places people ask in: each turns a message into a Question and a Reply into what a person sees."""
