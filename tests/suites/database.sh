# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Sourced by guest.sh: databases whose memory is moved while they work, and whose
# own checks say afterwards whether a byte was lost.

DB_SECONDS=60

# --- PostgreSQL, with checksums -------------------------------------------------------

pg_dir() { echo /usr/lib/postgresql/*/bin; }

as_pg() { setpriv --reuid postgres --regid postgres --clear-groups env PATH="$(pg_dir):$PATH" "$@"; }

# As pgbench leaves them, all four sums are the same.
pg_sums()
{
	as_pg psql -h /tmp -XAtq -c "select count(distinct s) from (
		select sum(abalance) s from pgbench_accounts union all
		select sum(tbalance) from pgbench_tellers union all
		select sum(bbalance) from pgbench_branches union all
		select sum(delta) from pgbench_history) x" postgres
}

pg_start()
{
	mkdir -p /mnt/disk/pg && chown postgres /mnt/disk/pg &&
		as_pg initdb -D /mnt/disk/pg --data-checksums --auth=trust -N &&
		as_pg pg_ctl -D /mnt/disk/pg -w -t 120 -l /tmp/pg.log -o \
			"-k /tmp -c listen_addresses='' -c shared_buffers=64MB -c fsync=off" start &&
		as_pg pgbench -h /tmp -i -q -s 2 postgres
}

pg_load()
{
	local server mover rc=0

	server=$(head -n 1 /mnt/disk/pg/postmaster.pid)
	pingpong "$server" &
	mover=$!
	as_pg pgbench -h /tmp -n -c 4 -T "$DB_SECONDS" postgres || rc=$?
	kill "$mover"
	wait "$mover" 2>/dev/null
	return "$rc"
}

postgres_cases()
{
	check "postgresql start" pg_start
	check "postgresql pgbench" pg_load
	check "postgresql balances" test "$(pg_sums)" == 1
	check "postgresql amcheck" as_pg pg_amcheck -h /tmp --install-missing --heapallindexed postgres
	check "postgresql stop" as_pg pg_ctl -D /mnt/disk/pg -w -m fast stop
	check "postgresql checksums" as_pg pg_checksums --check -D /mnt/disk/pg
}

# --- redis ------------------------------------------------------------------------------

rd() { redis-cli -s /run/redis.sock "$@"; }

redis_fill()
{
	redis-server --port 0 --unixsocket /run/redis.sock --save '' --appendonly no \
		--enable-debug-command yes --daemonize yes --dir /run --logfile /run/redis.log
	for ((i = 0; i < 100; i++)); do
		[[ $(rd ping 2>/dev/null) != PONG ]] || break
		sleep 0.1
	done
	rd eval 'for i = 1, 60000 do redis.call("SET", "k" .. i,
		string.rep(redis.sha1hex(i), 13)) end' 0
}

redis_moved()
{
	local before pid mover

	before=$(rd debug digest)
	pid=$(rd info server | tr -d '\r' | sed -n 's/^process_id://p')
	pingpong "$pid" &
	mover=$!
	redis-benchmark -s /run/redis.sock -t set,get -c 4 -d 400 -r 20000 -n 20000 --dbnum 1 -q
	sleep 10
	kill "$mover"
	wait "$mover" 2>/dev/null
	rd -n 1 flushdb
	[[ ${#before} == 40 && $(rd debug digest) == "$before" ]]
}

redis_cases()
{
	check "redis fill" redis_fill
	check "redis digest" redis_moved
	check "redis stop" rd shutdown nosave
}

# --- SQLite -----------------------------------------------------------------------------

sqlite_sql='
	pragma cache_size = -65536; pragma journal_mode = wal; pragma synchronous = off;
	create table t(i integer primary key, v blob, h text);
	create index th on t(h);
	with recursive n(i) as (select 1 union all select i + 1 from n where i < 40000)
		insert into t select i, zeroblob(200), hex(i * 2654435761) from n;
	update t set v = randomblob(300) where i % 3 = 0;
	delete from t where i % 7 = 0;
	insert into t select i + 100000, v, h from t where i % 2 = 0;
	update t set h = hex(randomblob(8)) where i % 5 = 0;
	pragma integrity_check;
	select count(*) from t;'

sqlite_moved()
{
	moved 300 sqlite3 /mnt/disk/test.db "$sqlite_sql" >/tmp/sqlite.out
	cat /tmp/sqlite.out
	grep -qx ok /tmp/sqlite.out &&
		[[ $(sqlite3 /mnt/disk/test.db 'pragma integrity_check') == ok ]]
}

suite_database()
{
	! wanted postgresql || postgres_cases
	! wanted redis || redis_cases
	check "sqlite integrity" sqlite_moved
}
