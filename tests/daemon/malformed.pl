#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# malformed.pl PORT COUNT SEED: sends that many malformed HTTP requests. Exit
# status 0 if a good one is answered afterwards.
use strict;
use warnings;
use IO::Socket::INET;

my ($port, $count, $seed) = @ARGV;
srand($seed);

sub client
{
	return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port,
		Timeout => 20);
}

sub noise { return join '', map { chr int rand 256 } 1 .. int rand shift }

my $good = "GET /api/v1/state HTTP/1.1\r\nHost: localhost\r\n\r\n";
my @kinds = (
	sub { noise(600) },
	sub { my $r = $good; substr($r, int rand length $r, 1) = chr int rand 256 for 1 .. 1 + rand 8; $r },
	sub { substr $good, 0, int rand length $good },
	sub { "GET /" . ('a' x int rand 40000) . " HTTP/1.1\r\nHost: localhost\r\n\r\n" },
	sub { "GET / HTTP/1.1\r\nHost: localhost\r\n" . ("X: " . ('y' x 1000) . "\r\n") x int(rand 40) . "\r\n" },
	sub { "POST /api/v1/state HTTP/1.1\r\nHost: localhost\r\nContent-Length: " . int(rand 1e12) . "\r\n\r\n" . noise(900) },
	sub { "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" . noise(90) },
	sub { "GET /api/v1/history?max=" . noise(30) . "&since=" . noise(30) . " HTTP/1.1\r\nHost: localhost\r\n\r\n" },
	sub { "GET /api/v1/events HTTP/1.1\r\nHost: " . noise(40) . "\r\n\r\n" },
	sub { "GET http://evil/ HTTP/9.9\r\n\r\n" },
	sub { "GET /..%2f..%2fetc/passwd HTTP/1.1\r\nHost: localhost\r\nRange: bytes=-" . noise(20) . "\r\n\r\n" },
);

$SIG{PIPE} = 'IGNORE';
for my $i (1 .. $count) {
	my $socket = client() or die "request $i: no connection: $!\n";

	syswrite $socket, $kinds[rand @kinds]->();
	# Every fourth waits for an answer, the others go at once.
	if ($i % 4 == 0) {
		shutdown $socket, 1;
		my $ready = '';
		vec($ready, fileno $socket, 1) = 1;
		sysread $socket, my $answer, 4096 if select $ready, undef, undef, 0.05;
	}
	close $socket;
}

my $socket = client() or die "afterwards: no connection: $!\n";
syswrite $socket, $good;
sysread $socket, my $answer, 64;
exit($answer =~ /^HTTP\/1.1 200/ ? 0 : 1);
