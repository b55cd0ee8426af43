//! x
use super::*;
/// x
pub static PROTOCOL: Protocol = Protocol {
    name: "stratum",
    about: "",
    plain_schemes: &["stratum+tcp"],
    tls_schemes: &["stratum+ssl", "stratum+tls", "stratum+tcps"],
    default_port: 3333,
    framing: Framing::Lines { max: 65536 },
    session: |_| unimplemented!(),
    emulator: |_| unimplemented!(),
};
