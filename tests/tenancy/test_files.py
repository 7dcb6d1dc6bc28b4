import stat

import pytest

from tenancy.errors import ConfigError
from tenancy.files import write_text, write_with


def test_text_replaces_a_file_and_makes_its_folders(tmp_path):
    path = tmp_path / "a" / "b" / "f.yaml"
    write_text(path, "old")
    write_text(path, "né\n")
    assert path.read_bytes() == "né\n".encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [file.name for file in path.parent.iterdir()] == ["f.yaml"]


def test_what_fails_half_way_leaves_the_old_file(tmp_path):
    path = tmp_path / "f.yaml"
    write_text(path, "old")

    def half(temporary):
        temporary.write_text("ne")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_with(path, half)
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["f.yaml"]


@pytest.mark.parametrize("name", ["file/f.yaml", "folder"])
def test_a_place_that_cannot_be_written_is_said(tmp_path, name):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder" / "inside").mkdir(parents=True)
    with pytest.raises(ConfigError, match=f"{tmp_path / name}: cannot be written: "):
        write_text(tmp_path / name, "new")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["file", "folder"]
