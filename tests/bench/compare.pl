#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# compare.pl BEFORE NOW: two summaries of summary.pl, as a table. Fails if a figure
# grew by more than its limit, or is missing.
use strict;
use warnings;
use JSON::PP;

sub summary
{
	my ($file) = @_;
	local $/;
	open my $in, '<', $file or die "bench: error: $file: $!; run 'make bench' first\n";
	my $tree = eval { JSON::PP->new->decode(<$in>) };
	ref $tree eq 'HASH' && ref $tree->{figures} eq 'HASH' or die "bench: error: $file is no summary\n";
	return $tree;
}

@ARGV == 2 or die "usage: compare.pl BEFORE NOW\n";
my ($before, $now) = map { summary($_) } @ARGV;
my $bad = 0;
printf "before: %s, %s, %s\nnow:    %s, %s, %s\n", map { @$_{qw(date kernel machine)} } $before, $now;
print "the kernels differ: so may the stock path\n" if $before->{kernel} ne $now->{kernel};
printf "%-36s %12s %12s %9s %7s\n", qw(figure before now change limit);
for my $name (sort keys %{$before->{figures}}) {
	my ($old, $new) = map { $_->{figures}{$name} } $before, $now;
	my $limit = $old->{limit_percent};

	if (!$new) {
		printf "%-36s %12.1f %12s %9s %7s  MISSING\n", $name, $old->{value}, '-', '-', '';
		$bad++;
		next;
	}
	my $change = $old->{value} ? ($new->{value} / $old->{value} - 1) * 100 : 0;
	my $word = $change > $limit ? '  DEARER' : $change < -$limit ? '  cheaper' : '';
	printf "%-36s %12.1f %12.1f %+7.2f %% %5s %%%s\n", $name, $old->{value}, $new->{value}, $change, $limit, $word;
	$bad++ if $change > $limit;
}
print "new: $_\n" for grep { !$before->{figures}{$_} } sort keys %{$now->{figures}};
print $bad ? "bench: error: $bad figures are dearer than they may be, or missing\n" : "bench: no figure is dearer\n";
exit($bad ? 1 : 0);
