#!/bin/sh
# Brings what the browser, LibreOffice and PostgreSQL tests drive, where this machine lets us; the tests say what they left out.
[ "${ECOPS_SKIP_INSTALL:-}" = 1 ] && exit 0
need=""
command -v chromium-headless-shell >/dev/null 2>&1 || need="chromium-headless-shell"
fc-list 2>/dev/null | grep -qi "CJK" || need="$need fonts-noto-cjk"
command -v soffice >/dev/null 2>&1 || need="$need libreoffice-impress"
command -v pdftotext >/dev/null 2>&1 || need="$need poppler-utils"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || need="$need postgresql"
[ -z "$need" ] && exit 0
as_root=""
if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null && as_root="sudo -n"
    [ -z "$as_root" ] && { echo "Not installed:$need (needs root). The tests that need them are left out."; exit 0; }
fi
command -v apt-get >/dev/null 2>&1 || { echo "Not installed:$need (no apt-get). The tests that need them are left out."; exit 0; }
echo "Installing$need for the tests ..."
$as_root apt-get update -qq >/dev/null 2>&1
# One by one, so that a package this system does not have takes none of the others with it.
bring() {
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends "$1" >/dev/null 2>&1
}
for package in $need; do
    bring "$package" && continue
    # Older systems have the browser only with its window, which works as well and takes longer.
    [ "$package" = chromium-headless-shell ] && { command -v chromium || command -v google-chrome || bring chromium; } >/dev/null && continue
    echo "$package could not be installed; the tests that need it are left out."
done
exit 0
