#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# crowd.pl PORT SECONDS SLOW STREAMS: that many clients that send a byte of
# their request a second, and that many that follow events and read all. Prints
# how many streams got a sample in the last quarter of the time.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use Time::HiRes 'time';

my ($port, $seconds, $slow, $streams) = @ARGV;
my $request = "GET /api/v1/%s HTTP/1.1\r\nHost: localhost\r\nX-Pad: " . ('x' x 200);

sub client
{
	return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port,
		Timeout => 30) // die "no connection: $!\n";
}

$SIG{PIPE} = 'IGNORE';
my @slow = map { client() } 1 .. $slow;
my $select = IO::Select->new;
for (1 .. $streams) {
	my $socket = client();
	syswrite $socket, sprintf("$request\r\n\r\n", 'events');
	$select->add($socket);
}

my ($start, $sent, %last) = (time, 0);
while (time - $start < $seconds) {
	if (time - $start > $sent) {
		my $text = sprintf $request, 'state';
		syswrite $_, substr($text, $sent % length $text, 1) for @slow;
		$sent++;
	}
	for my $socket ($select->can_read(0.2)) {
		my $n = sysread $socket, my $text, 65536;
		$select->remove($socket), next if !$n;
		$last{fileno $socket} = time if $text =~ /event: sample/;
	}
}
printf "%d\n", scalar grep { $_ > $start + $seconds * 3 / 4 } values %last;
