package Conference::JWT;

# HS256 tokens for tests.

use strict;
use warnings;

use Digest::SHA qw(hmac_sha256);
use JSON::PP ();
use MIME::Base64 qw(encode_base64url);

use Exporter 'import';

our @EXPORT_OK = qw(jwt);

our $Secret = '0123456789abcdef0123456789abcdef';


# jwt(\%claims, secret => ..., header => {...})

sub jwt {
    my ($claims, %o) = @_;

    my $json = JSON::PP->new->utf8->canonical;
    my $header = $o{header} || { alg => 'HS256', typ => 'JWT' };
    my $text = join '.', map { encode_base64url($json->encode($_)) }
               $header, $claims;
    my $secret = defined $o{secret} ? $o{secret} : $Secret;

    return $text . '.' . encode_base64url(hmac_sha256($text, $secret));
}


1;
