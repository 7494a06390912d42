#!/bin/sh
# Runs routing_list.jmx with Debian's JMeter 2.13 and judges the result by the limits of R-1.1, R-10.1 and R-10.2:
# JMeter itself ends with 0 whatever its assertions say.
#   apt-get install jmeter jmeter-http default-jdk-headless
#   load-tests/jmeter/run-debian.sh -Jprotocol=http -Jhost=127.0.0.1 -Jport=7071 -Jtoken="$TOKEN" [-Jthreads=… -JdurationSeconds=…]
set -eu

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

javac -cp /usr/share/java/xstream.jar -d "$work/classes" "$here/debian/NoTypePermission.java"
java -Djmeter.home=/usr/share/jmeter -cp "$work/classes:/usr/share/jmeter/bin/ApacheJMeter.jar" \
  org.apache.jmeter.NewDriver -n -t "$here/routing_list.jmx" -l "$work/samples.csv" -j "$work/jmeter.log" \
  -Jjmeterengine.nongui.port=0 \
  -Jjmeter.save.saveservice.output_format=csv \
  -Jjmeter.save.saveservice.print_field_names=true \
  -Jjmeter.save.saveservice.response_message=false \
  -Jjmeter.save.saveservice.assertion_results_failure_message=false "$@"

if [ ! -s "$work/samples.csv" ]; then
  echo "FAILED: no request was made. JMeter's log:" >&2
  cat "$work/jmeter.log" >&2
  exit 1
fi

# Column numbers come from the header line; elapsed times sorted, so that the 95th percentile is a position.
success=$(head -n 1 "$work/samples.csv" | tr ',' '\n' | grep -n '^success$' | cut -d: -f1)
elapsed=$(head -n 1 "$work/samples.csv" | tr ',' '\n' | grep -n '^elapsed$' | cut -d: -f1)
tail -n +2 "$work/samples.csv" | sort -t, -k "$elapsed,${elapsed}n" | awk -F, -v success="$success" -v elapsed="$elapsed" '
  { times[NR] = $elapsed; if ($success != "true") errors++ }
  END {
    if (NR == 0) { print "FAILED: no request was made"; exit 1 }
    position = int(NR * 0.95); if (position < NR * 0.95) position++
    p95 = times[position]; max = times[NR]; share = 100 * errors / NR
    failed = max > 3000 || p95 > 2000 || share >= 0.5
    printf "%s: %d requests, p95 %d ms (limit 2000), max %d ms (limit 3000), %.2f %% errors (limit below 0.5)\n", \
      failed ? "FAILED" : "PASSED", NR, p95, max, share
    exit failed
  }'
