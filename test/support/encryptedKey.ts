/** An OpenSSH ed25519 key with a passphrase, as `ssh-keygen -t ed25519` wrote it; for tests only, known to no server. */
export const ENCRYPTED_KEY = {
  text: `-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABCBiA3KtO
fVXJ1ZmS3khBw7AAAABAAAAAEAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIL5v5SEgnaAxb6IP
LTQYD2h0l6TGdEhFqP7hQxBCo2P+AAAAoKbT5iOP0rFZrf7eR2/bAek0BClmFVM+Y8RVVs
GQ2kuiRqlqKkKthZksTCA6gE31EYLeKhV834NYBZepsF3Wd4EkRBxAf6APNYdQi+c7K8e9
rygXAASvgiBH6k0f0nsGHNm5rRQ5L2o00PoqB/TvD2C7d130slWGU922wSS9zQEWz6YORX
zlUItuXDopq85PODcWgZr/ou40PoLL1OpiHF4=
-----END OPENSSH PRIVATE KEY-----
`,
  passphrase: 'a test passphrase',
}
