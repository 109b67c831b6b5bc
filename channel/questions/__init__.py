"""Questions: a prompt is a post that collects them, the box of a community takes them at any time.

Each other file tells one story and is used by its name: `prompts` (ask for questions, end it), `actions` (ask, vote,
take back), `moderating` (merge, put aside), `answering`, `queries`, `rights`.
"""

from .actions import ask, unvote, vote, withdraw
from .answering import answer
from .model import Box, Prompt, Question, Terms, Words

__all__ = ["Box", "Prompt", "Question", "Terms", "Words", "answer", "ask", "unvote", "vote", "withdraw"]
