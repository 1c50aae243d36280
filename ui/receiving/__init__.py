"""The receiver's controls: own keys, the inbox, and opened pictures."""

from ui.receiving.inbox import inbox_list
from ui.receiving.new_key import chosen_key, key_choice
from ui.receiving.own_key import own_key_panel

__all__ = ["chosen_key", "inbox_list", "key_choice", "own_key_panel"]
