#!/usr/bin/env bash
# Installs @tensorflow/tfjs-node where its own download is closed, from npm and PyPI alone: the JavaScript from npm, the TensorFlow
# library and its headers from the wheel of tensorflow-cpu, the binding between them compiled here. Linux on x86-64, Node below 23.
#
#     bench/tfjs-node/build.sh [folder]
#
# The folder is one where `npm ci` or `npm install` has run; default: this repository. Nothing but its node_modules changes. npm and
# pip go where the user's settings send them. Run it again after `npm ci`, which removes what this installs; where nothing is
# missing it only tries the binding out. Needs 2 GB of disk while it runs and 600 MB after.
set -euo pipefail

tfjs_node=4.22.0
# The smallest wheel of those whose C library works without Python (2.15 on; 2.19.1 and 2.21.0 work as well and are no faster).
tensorflow=2.15.1
wheel_sha256=54660c074d7241a503e81edfd9f5ef5af88f64051b72e2945f26318c790f2d26
# The wheel's Python, not this machine's: only files are taken out of it. The hash above is of this wheel.
wheel_python=3.11
wheel_platform=manylinux_2_17_x86_64
# The newest that this tfjs-node knows; it looks for its binding in the folder of that name.
napi=8

fail() {
  echo "build.sh: $1" >&2
  exit 1
}

folder=$(cd "${1:-$(dirname "$0")/../..}" && pwd)
package="$folder/node_modules/@tensorflow/tfjs-node"
binding="$package/lib/napi-v$napi/tfjs_binding.node"
# Named with its version, as TensorFlow's own archives do: Assay reads it there and puts it into the action key.
library="$package/deps/lib/libtensorflow_cc.so.$tensorflow"

[[ "$(uname -sm)" == 'Linux x86_64' ]] || fail "this is $(uname -sm), and the wheel is for Linux on x86-64"
for tool in node npm python3 make g++; do
  command -v "$tool" >/dev/null || fail "$tool is missing: install it (on Debian: nodejs npm python3 make g++)"
done
python3 -m pip --version >/dev/null 2>&1 || fail 'pip is missing: install it (on Debian: python3-pip)'
node_major=$(node -p 'process.versions.node.split(".")[0]')
((node_major < 23)) || fail "this is Node $node_major, and tfjs-node $tfjs_node does not run on 23 or later"
[[ -d "$folder/node_modules/@tensorflow/tfjs-core" ]] || fail "run npm ci in $folder first: @tensorflow/tfjs-core is not there"

# node-gyp would download these headers; they lie beside every Node that comes from its own archive.
node_home=${npm_config_nodedir:-$(dirname "$(dirname "$(node -p process.execPath)")")}
[[ -f "$node_home/include/node/node_api.h" ]] ||
  fail "no headers of Node in $node_home/include/node: set npm_config_nodedir to the folder of Node's own archive, or on Debian install libnode-dev"

# Where npm has left the package out because its download failed. Without its scripts, which would try that again.
installed=$(node -p 'require(process.argv[1]).version' "$package/package.json" 2>/dev/null || true)
if [[ "$installed" != "$tfjs_node" ]]; then
  (cd "$folder" && npm install --no-save --ignore-scripts --no-audit --no-fund "@tensorflow/tfjs-node@$tfjs_node")
fi

if [[ ! -f "$binding" || ! -f "$library" ]]; then
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  echo "tensorflow-cpu==$tensorflow --hash=sha256:$wheel_sha256" >"$scratch/requirements.txt"
  python3 -m pip download --no-deps --only-binary=:all: --python-version "$wheel_python" --platform "$wheel_platform" \
    --require-hashes --requirement "$scratch/requirements.txt" --dest "$scratch"

  rm -rf "$package/deps" "$package/lib" "$package/build"
  mkdir -p "$package/deps/lib"
  python3 - "$scratch" "$package/deps" "$tensorflow" <<'EOF'
import glob, os, shutil, sys, zipfile

scratch, deps, version = sys.argv[1:]
with zipfile.ZipFile(glob.glob(f'{scratch}/*.whl')[0]) as wheel:
    for name in wheel.namelist():
        if name.startswith(('tensorflow/include/tensorflow/', 'tensorflow/include/tsl/')):
            wheel.extract(name, scratch)
    for name in ('libtensorflow_cc.so', 'libtensorflow_framework.so'):
        with wheel.open(f'tensorflow/{name}.2') as packed, open(f'{deps}/lib/{name}.{version}', 'wb') as library:
            shutil.copyfileobj(packed, library)
        # What the binding and the two libraries ask for when they are loaded.
        os.symlink(f'{name}.{version}', f'{deps}/lib/{name}.2')
os.rename(f'{scratch}/tensorflow/include', f'{deps}/include')
EOF
  # What binding.gyp links with: -ltensorflow -ltensorflow_framework.
  ln -s libtensorflow_cc.so.2 "$package/deps/lib/libtensorflow.so"
  ln -s libtensorflow_framework.so.2 "$package/deps/lib/libtensorflow_framework.so"

  # Through npm, which has a node-gyp of its own. node-pre-gyp would build once for each version of the N-API.
  export NODE_HOME="$node_home" MODULE_PATH="$package/lib/napi-v$napi" NAPI="$napi"
  (cd "$package" && npm exec --call 'node-gyp rebuild --jobs="${JOBS:-1}" --nodedir="$NODE_HOME" \
    --module_name=tfjs_binding --module_path="$MODULE_PATH" --napi_build_version="$NAPI"')
  rm -rf "$package/build" "$package/deps/include"
fi

cd "$folder"
TF_CPP_MIN_LOG_LEVEL=1 node --no-deprecation --input-type=module --eval '
  const tf = (await import("@tensorflow/tfjs-node")).default;
  const product = tf.matMul([[1, 2]], [[3], [4]]).dataSync()[0];
  if (product !== 11) throw new Error(`1 x 3 + 2 x 4 is 11: got ${product}`);
  console.log(`tfjs-node ${tf.version["tfjs-node"]} computes, on TensorFlow ${tf.backend().binding.TF_Version}`);
'
