# install.sh: what a fresh Debian 12 lacks. Read by ./run. Nothing is asked of apt when everything is there; nothing that is there
# is replaced: a machine that has another node.js keeps it.

packages="build-essential cmake ninja-build pkg-config libuv1-dev libleveldb-dev libsodium-dev libssl-dev zlib1g-dev
libmsgpack-dev libjansson-dev libinih-dev libcurl4-openssl-dev libsqlite3-dev libmosquitto-dev libexpat1-dev libcmocka-dev
node-llhttp libcairo2-dev libpango1.0-dev libqrencode-dev fonts-wqy-microhei fonts-arphic-gkai00mp fonts-liberation
jq curl ca-certificates"
packages_fuzz="clang-14 llvm-14 libclang-rt-14-dev"

missing() {
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
    done
}

# As root, or with sudo; says which.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        echo "以 root 身份 as root: $*"
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        echo "通过 sudo with sudo: $*"
        sudo env DEBIAN_FRONTEND=noninteractive "$@"
    else
        echo "需要 root 权限或 sudo；请以 root 运行 this needs root or sudo; run as root: $*" >&2
        return 1
    fi
}

install_debian() {
    # shellcheck disable=SC2046,SC2086
    set -- $(missing "$@")
    [ $# -gt 0 ] || return 0
    export DEBIAN_FRONTEND=noninteractive
    as_root apt-get -q update
    as_root apt-get -q install -y --no-install-recommends "$@"
}

install_packages() {
    # shellcheck disable=SC2086
    install_debian $packages
}

download() {
    apt-get -q -o APT::Sandbox::User=root download "$1"
}

# PROGRAM PACKAGE: unpacked below build/tools when there is none.
unpack() {
    command -v "$1" >/dev/null 2>&1 && return 0
    mkdir -p build/tools
    (cd build/tools && { download "$2" || { as_root apt-get -q update && download "$2"; }; } &&
        dpkg-deb -x "$2"_*.deb . && rm -f "$2"_*.deb)
}

# Tests alone need these. promtool and mosquitto are taken out of their packages: installing those would start servers here.
install_test_tools() {
    command -v bats >/dev/null 2>&1 || install_debian bats
    command -v node >/dev/null 2>&1 || install_debian nodejs
    command -v npm >/dev/null 2>&1 || install_debian npm
    command -v bats >/dev/null 2>&1 || install_debian bats
    # What is printed is rasterised and read back.
    install_debian poppler-utils librsvg2-bin zbar-tools
    PATH=$root/build/tools/usr/bin:$PATH:$root/build/tools/usr/sbin:/usr/sbin
    export PATH
    unpack promtool prometheus
    install_debian libcjson1 libdlt2 libwrap0
    unpack mosquitto mosquitto
    for lock in tests/vectors/*/package-lock.json tests/e2e/package-lock.json; do
        [ -f "$lock" ] || continue
        folder=$(dirname "$lock")
        [ "$folder/node_modules" -nt "$lock" ] && continue
        echo "npm ci: $folder"
        # Without it one test fails by its own name; the others do not wait for that.
        (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error && touch node_modules) || echo "npm ci: 未成功 failed: $folder"
    done
}

install_all() {
    install_packages
    install_test_tools
}
