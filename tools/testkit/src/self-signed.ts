/**
 * A certificate that nobody trusts, for the name holdfast.test, valid for a hundred years. Made with
 * `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj /CN=holdfast.test
 * -addext subjectAltName=DNS:holdfast.test`. The key is public on purpose: it protects nothing.
 */

export const certPem = `-----BEGIN CERTIFICATE-----
MIIBoDCCAUegAwIBAgIUZ9ZMxIa6MCRRQBRMQsiB9sXxPKQwCgYIKoZIzj0EAwIw
GDEWMBQGA1UEAwwNaG9sZGZhc3QudGVzdDAgFw0yNjExMjIxNjQ1MDFaGA8yMTI2
MTAyOTE2NDUwMVowGDEWMBQGA1UEAwwNaG9sZGZhc3QudGVzdDBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABF4PSfDszFsvPghJ6CXc3xpyj8XQd7hHeG1IPvBA2tqL
vgtEsy/8L4ariVFsoRLVjNbFXBPBNRwW/M9hD5BpgRGjbTBrMB0GA1UdDgQWBBTc
SWaU/6WgEu7WJyJ3AqaddZE4ijAfBgNVHSMEGDAWgBTcSWaU/6WgEu7WJyJ3Aqad
dZE4ijAPBgNVHRMBAf8EBTADAQH/MBgGA1UdEQQRMA+CDWhvbGRmYXN0LnRlc3Qw
CgYIKoZIzj0EAwIDRwAwRAIgcqxYVHso0d0XD9wwHzlLZCI8CFpe/dVgvJ5++7SK
iwACIEZSJ2D1g0wiE+FYwXBYFW6k4ShPOkyrgGnBqmTaJgE8
-----END CERTIFICATE-----
`;

export const keyPem = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgWDfVv8CXDdCtdOIh
FVn4Qx0Z6GaGzyv1zlXQbPUQTSehRANCAAReD0nw7MxbLz4ISegl3N8aco/F0He4
R3htSD7wQNrai74LRLMv/C+Gq4lRbKES1YzWxVwTwTUcFvzPYQ+QaYER
-----END PRIVATE KEY-----
`;
