"""What stories about swapped keys share."""

import io

import numpy as np
from PIL import Image


def swap_key(room, name="Bob", by="Eve"):
    room.exchange.wire.keys.swap(room.seats[by], room.seats[name].id)


def relay(room, by="Eve"):
    return room.exchange.wire.relaying.relay(room.seats[by])


def inbox(room, name):
    return {item.id: item for item in room.exchange.receiver.inbox(room.seats[name])}


def opened(room, name, picture_id):
    return room.exchange.receiver.open(room.seats[name], picture_id)


def number_of(room, viewer, name):
    people = room.exchange.member.safety.contacts(room.seats[viewer]).people
    return next(person for person in people if person.name == name).safety_number


def own_number(room, name):
    return room.exchange.member.safety.contacts(room.seats[name]).own_number


def kinds(room, name):
    return [event.kind for event in room.exchange.member.news(room.seats[name], 0).events]


def samples(file):
    with Image.open(io.BytesIO(file)) as picture:
        return np.asarray(picture)
