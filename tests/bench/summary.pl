#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# summary.pl RELEASE: what run.sh has measured on that kernel, as one JSON on
# standard output: repeatable figures only, in instructions, each with the per cent
# by which it may grow before compare.pl objects. Runs in the lab, in build/bench.
# What was not measured is left out: compare.pl notices.
use strict;
use warnings;
use JSON::PP;

my $release = shift // die "usage: summary.pl RELEASE\n";
my %figures;
my %limit = (page => 1, path => 8, core => 3, dma => 3, callers => 5);

sub figure
{
	my ($name, $value) = @_;
	my ($group) = split /\./, $name;

	$figures{$name} = { value => 0 + sprintf("%.1f", $value), limit_percent => $limit{$group} };
}

sub document
{
	my $file = "$release.$_[0].json";
	local $/;
	if (!open my $in, '<', $file) {
		warn "summary: $file: $!; left out\n";
		return;
	} else {
		return JSON::PP->new->decode(<$in>);
	}
}

# "512 x 4K" is 512, "1 x 2M" as well.
sub pages { return $_[0] =~ /^(\d+) x 4K/ ? $1 : 512 }

sub name_of { return $_[0] =~ s/ //gr }

open my $text, '<', "$release.txt" or die "summary: $release.txt: $!\n";
my %short = ('module not loaded' => 'stock', 'module loaded, no policy' => 'loaded', 'policy detached' => 'detached');
while (<$text>) {
	my ($name, $value) = /^(.{26}) +([\d.]+) +[-+][\d.]+ %$/ or next;
	$name =~ s/ +$//;
	figure('page.' . ($short{$name} // $name =~ s/^policy mgx_//r), $value);
}
for my $row (@{document('count') // []}) {
	next unless defined $row->{path_ns};
	figure("path.$row->{path}." . name_of($row->{folios}), $row->{path_ns});
}
for my $channels (1, 16, 61) {
	for my $row (@{document("core-$channels") // []}) {
		figure("core." . name_of($row->{folios}) . ".of$channels.asked$row->{width}",
			$row->{path_ns} / pages($row->{folios}));
	}
}
for my $row (@{document('dma') // []}) {
	my $pages = pages($row->{folios});

	figure("dma." . name_of($row->{folios}), $row->{path_ns} / $pages);
	figure("dma." . name_of($row->{folios}) . ".$_", $row->{"${_}_ns"} / $pages) for qw(provider mapping);
}
for my $row (@{(document('callers') // {})->{rows} // []}) {
	# MB/s of 4096-byte pages, on a clock where a nanosecond is an instruction.
	figure("callers.$row->{side}.$row->{threads}", 4096e3 / $row->{metrics}{there}{median});
}
my @now = gmtime;
print JSON::PP->new->pretty->canonical->encode({
	kernel => $release,
	machine => 'QEMU ' . (`qemu-system-x86_64 --version` =~ /version (\S+)/)[0] .
		', -icount shift=0, 2 nodes, one CPU online, mitigations=off',
	date => sprintf('%04d-%02d-%02d', $now[5] + 1900, $now[4] + 1, $now[3]),
	unit => 'instructions; of page, core and callers: per 4-KiB page',
	figures => \%figures,
});
