"""What stories about exchanged keys share."""

import io

import numpy as np
from PIL import Image


def substitute(room, name="Bob", by="Eve"):
    room.exchange.substitute(room.seats[by], room.seats[name].id)


def relay(room, by="Eve"):
    return room.exchange.relay(room.seats[by])


def inbox(room, name):
    return {item.id: item for item in room.exchange.inbox(room.seats[name])}


def opened(room, name, picture_id):
    return room.exchange.open(room.seats[name], picture_id)


def number_of(room, viewer, name):
    people = room.exchange.contacts(room.seats[viewer]).people
    return next(person for person in people if person.name == name).safety_number


def own_number(room, name):
    return room.exchange.contacts(room.seats[name]).own_number


def kinds(room, name):
    return [event.kind for event in room.exchange.events_since(room.seats[name], 0)]


def samples(file):
    with Image.open(io.BytesIO(file)) as picture:
        return np.asarray(picture)
