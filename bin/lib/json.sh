# shellcheck shell=bash
# JSON without a program for it: a machine on which nothing is installed has none.

# json_string TEXT: the text as a JSON string. Control characters other than newline and tab are dropped.
json_string() {
  local text=$1
  text=${text//\\/\\\\}
  text=${text//\"/\\\"}
  text=${text//$'\n'/\\n}
  text=${text//$'\t'/\\t}
  printf '"%s"' "$text" | tr -d '\000-\037\177' | iconv -c -f UTF-8 -t UTF-8
}

# json_read FILE: the members of a flat JSON object, NAME=VALUE a line (plain values only). Fails when it is not one.
json_read() {
  perl -0777 -ne '
    my $string = qr/"(?:[^"\\\x00-\x1f]|\\.)*"/;
    my $member = qr/$string\s*:\s*(?:$string|-?\d+|true|false|null)/;
    exit 1 unless /\A\s*\{\s*(?:$member\s*(?:,\s*$member\s*)*)?\}\s*\z/;
    while (/"(\w+)"\s*:\s*(?:"([^"\\]*)"|(-?\d+))/g) { print "$1=", $2 // $3, "\n" }
  ' "$1"
}

# json_field TEXT NAME: the first string of that name in a JSON text of our own server.
json_field() {
  printf '%s' "$1" | sed -n "s/.*\"$2\":\"\\([^\"\\\\]*\\)\".*/\\1/p" | head -n 1
}
