#!/usr/bin/env python3
"""Adds a task and waits for its end: no library, only a socket and NATS's text protocol.

python3 examples/add-task.py 127.0.0.1 4222 normal my-type '{"n": 1}'
prints what JetStream answers (stored) and what the worker answers (done).
"""
import json
import socket
import sys

host, port, lane, task_type, payload = sys.argv[1:]
connection = socket.create_connection((host, int(port)), timeout=30)
reader = connection.makefile("rb")
reader.readline()  # INFO


def send(*lines: str) -> None:
    connection.sendall("".join(line + "\r\n" for line in lines).encode())


def publish(subject: str, reply: str, headers: dict, body: str) -> None:
    head = "NATS/1.0\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
    size, total = len(head.encode()), len(head.encode()) + len(body.encode())
    connection.sendall(f"HPUB {subject} {reply} {size} {total}\r\n{head}{body}\r\n".encode())


def messages():
    while line := reader.readline():
        if line.startswith(b"PING"):
            send("PONG")
        elif line.startswith(b"MSG"):
            subject, size = line.split()[1].decode(), int(line.split()[-1])
            yield subject, json.loads(reader.read(size + 2))
        elif line.startswith(b"-ERR"):
            sys.exit(line.decode())


send('CONNECT {"verbose":false,"headers":true,"name":"add-task.py"}', "SUB my.stored 1", "SUB my.done 2")
task = {"payload": json.loads(payload), "replyTo": "my.done"}
publish(f"tasks.{lane}.{task_type}", "my.stored", {"Nats-Msg-Id": f"{task_type}-{payload}"}, json.dumps(task))
for subject, answer in messages():
    print(subject, json.dumps(answer), flush=True)
    if subject == "my.done" or "error" in answer or answer.get("duplicate"):
        break
