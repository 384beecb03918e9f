#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# lines.pl SOCKET COUNT SEED: sends that many malformed lines to the control
# socket of mgxd, over many connections. Exit status 0 if each connection that
# waited was answered with a refusal, and a good line works afterwards.
use strict;
use warnings;
use IO::Socket::UNIX;

my ($path, $count, $seed) = @ARGV;
srand($seed);
$SIG{PIPE} = 'IGNORE';

# All eight places may be taken by clients that have gone and were not seen to.
sub client
{
	for (1 .. 100) {
		my $socket = IO::Socket::UNIX->new(Peer => $path);
		return $socket if $socket;
		select undef, undef, undef, 0.1;
	}
	die "no connection to $path: $!\n";
}

# Nothing but a newline ends a line, so there is none in what is made up.
sub noise { return join '', map { my $c = chr int rand 256; $c eq "\n" ? ' ' : $c } 1 .. int rand shift }

my $good = '{"op":"load","policy":"mgx_cpu","set":{"a.b":1,"c":true}}';
my @kinds = (
	sub { noise(300) . '!' },
	sub { substr $good, 0, 1 + int rand(length($good) - 1) },
	sub { '{"op":"load","policy":"' . ('../' x (1 + rand 40)) . 'etc/passwd"}' },
	sub { '{"op":"' . unpack('H*', noise(20)) . '-"}' },
	sub { '{"op":"load","policy":"mgx_cpu","set":' . ('[' x (1 + rand 3000)) . '}' },
	sub { '{"op":"load","policy":"mgx_cpu","set":{"' . ('k' x (70 + rand 3000)) . '":1}}' },
	sub { '{"op":"load","policy":"mgx_cpu; reboot"}' },
	sub { '{"op":"load","policy":"--force"}' },
	sub { '{"op":"load"}' },
	sub { '[' . ('1,' x (1 + rand 500)) . '1]' },
	sub { '{"op":' . ('9' x (1 + rand 400)) . '}' },
);

my ($sent, $refused, $waited) = (0, 0, 0);
while ($sent < $count) {
	my $socket = client();

	for (1 .. 20) {
		syswrite $socket, $kinds[rand @kinds]->() . "\n" or last;
		$sent++;
	}
	# Half of them go without a word, some in the middle of a line.
	if (rand() < 0.5) {
		syswrite $socket, noise(50);
		next;
	}
	$waited++;
	my $answer = <$socket>;
	$refused++ if defined $answer && $answer =~ /"ok": ?false/;
}
# One line that never ends.
my $endless = client();
for (1 .. 64) { syswrite $endless, 'x' x 4096 or last; }
close $endless;

my $last;
for (1 .. 20) {
	my $socket = client();
	syswrite $socket, qq({"op":"status"}\n);
	$last = <$socket> // '';
	last if $last =~ /"ok": ?true/;
	select undef, undef, undef, 0.5;
}
printf "# %d lines; %d of %d connections that waited were refused; then: %.60s\n", $sent, $refused, $waited, $last;
exit($refused == $waited && $last =~ /"ok": ?true/ ? 0 : 1);
