"""A build is skipped only when nothing changed."""

from __future__ import annotations

from pathlib import Path

from greenroom_cli.deployment.content_stamp import is_current, write_stamp


def test_only_contents_and_names_count(tmp_path: Path) -> None:
    source, stamp = tmp_path / "source", tmp_path / "stamp"
    source.mkdir()
    (source / "a.py").write_text("1")
    absent = tmp_path / "absent"
    assert not is_current(stamp, [source])
    write_stamp(stamp, [source, absent])
    assert is_current(stamp, [source, absent])
    assert not is_current(stamp, [source, absent], "python3.13")
    (source / "a.py").touch()
    (source / "__pycache__").mkdir()
    (source / "__pycache__" / "a.pyc").write_text("compiled")
    assert is_current(stamp, [source, absent]), "times and caches do not count"
    (source / "a.py").write_text("2")
    assert not is_current(stamp, [source, absent])
    write_stamp(stamp, [source, absent])
    (source / "a.py").rename(source / "b.py")
    assert not is_current(stamp, [source, absent])
    write_stamp(stamp, [source, absent])
    absent.write_text("")
    assert not is_current(stamp, [source, absent])
