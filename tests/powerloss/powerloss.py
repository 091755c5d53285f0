#!/usr/bin/env python3
"""Replays a power loss against a program that writes files (needs strace; Linux).

    powerloss.py record --dir DATA --trace T -- WRITER...       run WRITER under strace
    powerloss.py replay --dir DATA --trace T --cuts 40 --seed 1 --model strict -- VERIFIER... {dir} {acked}

WRITER keeps its files below DATA and prints a line `ACK <n>` on stdout when, and only when, unit n is promised to be
durable. replay cuts the recorded run at acknowledgements, rebuilds DATA as the disk could hold it at that moment, and
runs VERIFIER on a copy, with {dir} and {acked} replaced: it must exit 0 only if everything up to {acked} is there, whole.

What survives a cut:
  strict  only bytes that a completed fsync or fdatasync of their file covered, under names that a completed fsync of
          their folder covered
  torn    those, and of the later writes a random subset, some of them cut short (disks reorder and tear); and of the
          later changes of names in each folder a random number from the first on (journals keep their order)
A sync covers what had ended when it began. sync_file_range counts for nothing (its manual page says so). With
`--names kept` every name survives, as if folders were always synced. DATA itself is there.

Modelled are files that are written at the end or at an offset, resized, renamed and removed; not mmap, nor renamed
folders. Exit status 0 if every cut verified, else 1.
"""
import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections import namedtuple

TRACED = ("pwrite64,pwritev,pwritev2,writev,write,ftruncate,fallocate,fsync,fdatasync,rename,renameat,renameat2,"
          "unlink,unlinkat,rmdir,mkdir,mkdirat,openat,link,linkat,symlink,symlinkat")
UNSUPPORTED = ("pwritev", "pwritev2", "writev", "link", "linkat", "symlink", "symlinkat")
HEX = r'"((?:\\x[0-9a-f]{2})*)"'

Call = namedtuple("Call", "name args begun ended")
# what happened to the content of a file: kind is write (offset None: at the end) or resize
Change = namedtuple("Change", "ended file kind offset data")
# what happened to the names in a folder: removed and added are (path, (number, whether it is a folder)) or None
Naming = namedtuple("Naming", "ended folder removed added")
Sync = namedtuple("Sync", "begun ended path")
Ack = namedtuple("Ack", "ended number")


def unhex(text):
    return bytes.fromhex(text.replace("\\x", ""))


def fd_path(argument):
    found = re.search(r"<((?:\\x[0-9a-f]{2})+)>", argument)
    return unhex(found.group(1)).decode() if found else None


def calls(trace):
    """Each call that succeeded, with the lines at which it began and ended, in the order in which they ended."""
    pending = {}
    for number, line in enumerate(open(trace, errors="replace")):
        found = re.match(r"(\d+)\s+(.*)", line.rstrip("\n"))
        if not found:
            continue
        (pid, body), begun = found.groups(), number
        if body.endswith("<unfinished ...>"):
            pending[pid] = (body[: -len("<unfinished ...>")].rstrip(), number)
            continue
        resumed = re.match(r"<\.\.\. \w+ resumed>(.*)", body)
        if resumed:
            start, begun = pending.pop(pid, ("", number))
            body = start + resumed.group(1)
        call = re.match(r"(\w+)\((.*)\)\s+= (-?\d+)", body)
        if call and int(call.group(3)) >= 0:
            yield Call(call.group(1), call.group(2), begun, number)


class Run:
    """A recorded run: what happened below a folder, in order. Files are numbers, so that a name can be given anew."""

    def __init__(self, trace, root):
        self.root, self.events, self.names, self.files = root, [], {}, 0
        for call in calls(trace):
            if call.name in UNSUPPORTED and self.concerns(call):
                sys.exit(f"powerloss: {call.name} is not modelled")
            getattr(self, "on_" + re.sub(r"64|at2?$", "", call.name), lambda _: None)(call)

    def paths(self, call):
        return [unhex(name).decode() for name in re.findall(HEX, call.args)]

    def concerns(self, call):
        paths = [fd_path(call.args.split(",")[0])] if "write" in call.name else self.paths(call)
        return any(map(self.within, paths))

    def within(self, path):
        return path is not None and path.startswith(self.root + os.sep)

    def new_name(self, call, path, is_folder=False):
        self.files += 1
        self.names[path] = (self.files, is_folder)
        self.events.append(Naming(call.ended, os.path.dirname(path), None, (path, self.names[path])))

    def change(self, call, path, kind, offset, data):
        # a file without a name can be written still, and is gone after the cut
        if self.within(path) and path in self.names:
            self.events.append(Change(call.ended, self.names[path][0], kind, offset, data))

    def on_open(self, call):
        path = (self.paths(call) or [None])[0]
        if self.within(path) and "O_CREAT" in call.args and path not in self.names:
            self.new_name(call, path)
        elif "O_TRUNC" in call.args:
            self.change(call, path, "resize", 0, None)

    def on_mkdir(self, call):
        path = self.paths(call)[0]
        if self.within(path):
            self.new_name(call, path, is_folder=True)

    def on_write(self, call):
        data = unhex("".join(re.findall(HEX, call.args)))
        if re.match(r"1[<,]", call.args):
            self.events += [Ack(call.ended, int(number)) for number in re.findall(rb"ACK (\d+)", data)]
        else:
            self.change(call, fd_path(call.args.split(",")[0]), "write", None, data)

    def on_pwrite(self, call):
        data = unhex("".join(re.findall(HEX, call.args)))
        self.change(call, fd_path(call.args.split(",")[0]), "write", int(call.args.rsplit(",", 1)[1]), data)

    def on_ftruncate(self, call):
        self.change(call, fd_path(call.args.split(",")[0]), "resize", int(call.args.rsplit(",", 1)[1]), None)

    def on_fsync(self, call):
        path = fd_path(call.args)
        if path == self.root or self.within(path):
            self.events.append(Sync(call.begun, call.ended, path))

    on_fdatasync = on_fsync

    def on_rename(self, call):
        old, new = self.paths(call)
        if not self.within(old) or old not in self.names:
            return
        if self.names[old][1] or os.path.dirname(old) != os.path.dirname(new):
            sys.exit("powerloss: renaming a folder, or into another one, is not modelled")
        removed = (old, self.names[old])
        self.names[new] = self.names.pop(old)
        self.events.append(Naming(call.ended, os.path.dirname(new), removed, (new, self.names[new])))

    def on_unlink(self, call):
        path = self.paths(call)[0]
        if path in self.names:
            self.events.append(Naming(call.ended, os.path.dirname(path), (path, self.names.pop(path)), None))

    on_rmdir = on_unlink


def image(events, model, names_model, rng):
    """The files as a disk could hold them after the last of the events: their paths and content."""
    names, files_of, synced = surviving_names(events, model, names_model, rng), {}, {}
    # syncs name files by path: follow the names to know which file each of them covered
    for event in events:
        if isinstance(event, Naming):
            if event.removed:
                files_of.pop(event.removed[0], None)
            if event.added:
                files_of[event.added[0]] = event.added[1][0]
        elif isinstance(event, Sync) and event.path in files_of:
            synced[files_of[event.path]] = event.begun
    contents = {}
    for event in events:
        if isinstance(event, Change):
            safe = event.ended < synced.get(event.file, -1)
            if safe or (model == "torn" and rng.random() < 0.5):
                apply_change(contents.setdefault(event.file, bytearray()), event, safe, rng)
    return {path: contents.get(file, b"") for path, (file, is_folder) in names.items() if not is_folder}


def surviving_names(events, model, names_model, rng):
    """The names that survive, with the file or folder of each."""
    covered = {event.path: event.begun for event in events if isinstance(event, Sync)}
    namings = [event for event in events if isinstance(event, Naming)]
    unsafe = {}
    for naming in namings:
        if names_model == "synced" and naming.ended >= covered.get(naming.folder, -1):
            unsafe.setdefault(naming.folder, []).append(naming)
    lost = set()
    for late in unsafe.values():
        lost.update(map(id, late[rng.randrange(len(late) + 1) if model == "torn" else 0:]))
    names = {}
    for naming in namings:
        if id(naming) not in lost:
            if naming.removed:
                names.pop(naming.removed[0], None)
            if naming.added:
                names[naming.added[0]] = naming.added[1]
    folders = {path for path, (_, is_folder) in names.items() if is_folder}
    roots = {naming.folder for naming in namings} - {naming.added[0] for naming in namings if naming.added}

    def reachable(path):
        folder = os.path.dirname(path)
        return folder in roots or (folder in folders and reachable(folder))

    return {path: entry for path, entry in names.items() if reachable(path)}


def apply_change(content, change, safe, rng):
    if change.kind == "resize":
        del content[change.offset:]
        content.extend(bytes(change.offset - len(content)))
        return
    data, offset = change.data, change.offset
    if not safe and rng.random() < 0.3:
        data = data[: rng.randrange(len(data) + 1)]
    offset = len(content) if offset is None else offset
    content.extend(bytes(max(0, offset + len(data) - len(content))))
    content[offset:offset + len(data)] = data


def record(options):
    shutil.rmtree(options.dir, ignore_errors=True)
    done = subprocess.run(["strace", "-f", "-y", "-xx", "-s", "100000000", "-e", f"trace={TRACED}", "-o", options.trace]
                          + options.command, stdout=subprocess.DEVNULL)
    return done.returncode


def verify(options, events, rng):
    """Runs the verifier on what the disk could hold; gives what was acknowledged, and what it complained of."""
    acked = max(event.number for event in events if isinstance(event, Ack))
    root = os.path.abspath(options.dir)
    with tempfile.TemporaryDirectory() as scratch:
        for path, content in image(events, options.model, options.names, rng).items():
            target = os.path.join(scratch, os.path.relpath(path, root))
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "wb") as out:
                out.write(content)
        command = [word.replace("{dir}", scratch).replace("{acked}", str(acked)) for word in options.command]
        done = subprocess.run(command, capture_output=True, text=True)
    return acked, (done.stdout + done.stderr).strip()[-300:] if done.returncode else None


def replay(options):
    run = Run(options.trace, os.path.abspath(options.dir))
    events = run.events
    acks = [index for index, event in enumerate(events) if isinstance(event, Ack)]
    if not acks:
        sys.exit("powerloss: the writer acknowledged nothing")
    rng = random.Random(options.seed)
    cuts = sorted(rng.sample(acks, min(options.cuts, len(acks))) + [acks[-1]])
    failed = 0
    for cut in cuts:
        # between this acknowledgement and the next the run may have gone on for a while: cut anywhere there
        following = next((ack for ack in acks if ack > cut), len(events))
        end = rng.randrange(cut + 1, following + 1)
        acked, complaint = verify(options, events[:end], rng)
        if complaint is not None:
            failed += 1
            print(f"cut at event {end} of {len(events)}, acknowledged {acked}: {complaint}")
    syncs = sum(isinstance(event, Sync) for event in events)
    segments = sum(isinstance(event, Naming) and bool(event.added) and event.added[1][1] for event in events)
    print(f"{len(cuts)} cuts ({options.model}, names {options.names}), {failed} failed; "
          f"{len(acks)} acknowledgements, {syncs} syncs, {segments} folders made")
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=["record", "replay"])
    parser.add_argument("--dir", required=True)
    parser.add_argument("--trace", required=True)
    parser.add_argument("--cuts", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model", choices=["strict", "torn"], default="strict")
    parser.add_argument("--names", choices=["synced", "kept"], default="synced")
    words = sys.argv[1:]
    split = words.index("--") if "--" in words else len(words)
    options = parser.parse_args(words[:split])
    options.command = words[split + 1:]
    if not options.command:
        parser.error("a command is needed after --")
    sys.exit(record(options) if options.verb == "record" else replay(options))


if __name__ == "__main__":
    main()
