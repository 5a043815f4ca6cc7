#!/usr/bin/env bash
# Model Signing both ways: Python's model-signing (PyPI) against this checkout. Run by hand; needs Python 3.10 or later and PyPI.
#
#     bash bench/interop/model-signing.sh            # makes a virtual environment in a temporary folder
#     bash bench/interop/model-signing.sh FIXTURE    # and writes a bundle of theirs there, which CI then checks without Python
set -euo pipefail
cd "$(dirname "$0")/../.."
FIXTURE=${1:-}
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
export ASSAY_KEYS="$WORK/keys"

python3 -m venv "$WORK/venv"
# pyOpenSSL: model-signing 1.1.1 imports it without asking for it.
"$WORK/venv/bin/pip" install --quiet --disable-pip-version-check 'model-signing==1.1.1' pyOpenSSL
THEIRS="$WORK/venv/bin/model_signing"
# Inside the checkout, where its packages are found.
BUILD="node_modules/.cache/assay-interop-$$"
trap 'rm -rf "$WORK" "$BUILD"' EXIT
node build.js "$BUILD" > /dev/null
OURS="node $PWD/$BUILD/assay.js"

echo "node $(node --version), $("$WORK/venv/bin/python" --version), $("$WORK/venv/bin/pip" list 2> /dev/null |
  grep -E '^(model-signing|cryptography|sigstore-models|pyOpenSSL) ' | tr -s ' ' | paste -sd, | sed 's/,/, /g')"

FAILED=0
# expect NAME WANTED-EXIT COMMAND…
expect() {
  local name=$1 wanted=$2 code=0
  shift 2
  "$@" > "$WORK/out" 2>&1 || code=$?
  if [ "$code" = "$wanted" ]; then echo "as expected  exit $code  $name"; return; fi
  echo "NOT          exit $code, wanted $wanted  $name"
  sed 's/^/    /' "$WORK/out"
  FAILED=1
}
flip() { # the lowest bit of byte 5
  "$WORK/venv/bin/python" -c 'import sys; p = sys.argv[1]; b = bytearray(open(p, "rb").read()); b[5] ^= 1; open(p, "wb").write(b)' "$1"
}

MODEL="$WORK/tiny"
mkdir -p "$MODEL/notes"
cat > "$MODEL/model.json" <<'JSON'
{"format":"assay-model/v1","dtype":"float32","byteOrder":"little-endian","parameters":[{"name":"dense/kernel","shape":[2,2]}]}
JSON
printf '\x00\x00\x80\x3f\x00\x00\x00\x40\x00\x00\x40\x40\x00\x00\x80\x40' > "$MODEL/weights.bin"
printf 'zwölf\n' > "$MODEL/notes/größe.txt"
cd "$WORK"

echo '== ours, verified by theirs'
$OURS freeze "$MODEL" --out ours.sig > /dev/null
$OURS keys public --type p256 --out ours.pem > /dev/null
verify_theirs() { "$THEIRS" verify key --signature "$1" --public_key "$2" "$MODEL"; }
verify_ours() { $OURS verify "$MODEL" --signature "$1" --key "$2"; }
expect 'ours passes there' 0 verify_theirs ours.sig ours.pem
expect 'ours passes here' 0 verify_ours ours.sig ours.pem

echo '== theirs, verified by ours: P-256, P-384, P-521'
for curve in prime256v1 secp384r1 secp521r1; do
  openssl ecparam -name "$curve" -genkey -noout -out "$curve.key"
  openssl ec -in "$curve.key" -pubout -out "$curve.pem" 2> /dev/null
  "$THEIRS" sign key --signature "$curve.sig" --private_key "$curve.key" "$MODEL" > /dev/null
  expect "theirs passes there ($curve)" 0 verify_theirs "$curve.sig" "$curve.pem"
  expect "theirs passes here ($curve)" 0 verify_ours "$curve.sig" "$curve.pem"
done
expect 'another key is refused there' 1 verify_theirs prime256v1.sig ours.pem
expect 'another key is refused here' 3 verify_ours prime256v1.sig ours.pem

try() { # NAME: what was done to the model fails in all four
  expect "$1: ours fails there" 1 verify_theirs ours.sig ours.pem
  expect "$1: ours fails here" 3 verify_ours ours.sig ours.pem
  expect "$1: theirs fails there" 1 verify_theirs prime256v1.sig prime256v1.pem
  expect "$1: theirs fails here" 3 verify_ours prime256v1.sig prime256v1.pem
}
echo '== a flipped bit, a file added, removed, renamed, linked'
flip "$MODEL/weights.bin"; try 'a flipped bit'; flip "$MODEL/weights.bin"
touch "$MODEL/extra"; try 'a file added'; rm "$MODEL/extra"
mv "$MODEL/weights.bin" saved; try 'a file removed'; mv saved "$MODEL/weights.bin"
mv "$MODEL/weights.bin" "$MODEL/weights2.bin"; try 'a file renamed'; mv "$MODEL/weights2.bin" "$MODEL/weights.bin"
mv "$MODEL/weights.bin" saved; ln -s "$WORK/saved" "$MODEL/weights.bin"; try 'a link in place of a file'
rm "$MODEL/weights.bin"; mv saved "$MODEL/weights.bin"

echo '== a flipped bit in the signature, and in what it signs'
for part in sig payload; do
  for bundle in ours prime256v1; do
    "$WORK/venv/bin/python" - "$bundle.sig" "$part" > "$bundle.bad" <<'PYTHON'
import base64, json, sys
bundle = json.load(open(sys.argv[1])); envelope = bundle["dsseEnvelope"]
holder, key = (envelope["signatures"][0], "sig") if sys.argv[2] == "sig" else (envelope, "payload")
data = bytearray(base64.b64decode(holder[key])); data[-9] ^= 1
holder[key] = base64.b64encode(data).decode(); print(json.dumps(bundle))
PYTHON
    expect "$part of $bundle: fails there" 1 verify_theirs "$bundle.bad" "$bundle.pem"
    expect "$part of $bundle: fails here" 3 verify_ours "$bundle.bad" "$bundle.pem"
  done
done

if [ -n "$FIXTURE" ]; then
  cd - > /dev/null
  mkdir -p "$FIXTURE"
  cp -r "$MODEL" "$FIXTURE/"
  for curve in prime256v1 secp384r1 secp521r1; do cp "$WORK/$curve.sig" "$WORK/$curve.pem" "$FIXTURE/"; done
fi
exit $FAILED
