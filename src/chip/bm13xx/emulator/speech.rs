//! What chips say, as bytes (sections 3 and 10).

use arrayvec::ArrayVec;

use super::crc::crc5_with;
use super::search::Find;
use super::silicon::{Dialect, IdCoding, Silicon};

/// The longest reply.
pub(super) type Reply = ArrayVec<u8, 11>;

/// The form of replies of dialect C: with version rolling on, two more bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Short,
    Long,
}

/// A register's value.
pub(super) fn register(dialect: Dialect, form: Form, value: u32, address: u8, number: u8) -> Reply {
    let mut reply = Reply::new();
    if dialect == Dialect::C {
        reply.extend([0xaa, 0x55]);
    }
    reply.extend(value.to_be_bytes());
    match (dialect, form) {
        (Dialect::A, _) => {}
        (Dialect::C, Form::Long) => reply.extend([address, number, 0, 0]),
        _ => reply.extend([address, number]),
    }
    sealed(reply, dialect, 0)
}

/// A nonce found for the job byte `id`.
pub(super) fn nonce(silicon: &Silicon, form: Form, id: u8, find: &Find) -> Reply {
    let mut reply = Reply::new();
    let job = job_byte(silicon.id_coding, id, find.slot);
    match silicon.dialect {
        Dialect::A => {
            reply.extend(find.word.to_be_bytes());
            reply.push(0x80 | job);
            return reply;
        }
        Dialect::B => {
            reply.extend(find.word.to_be_bytes());
            reply.extend([0, job]);
        }
        Dialect::C => {
            reply.extend([0xaa, 0x55]);
            reply.extend(find.word.to_be_bytes());
            reply.extend([surplus(silicon, find.surplus), job]);
            if form == Form::Long {
                reply.extend(find.field.to_be_bytes());
            }
        }
    }
    sealed(reply, silicon.dialect, 0x80)
}

/// How far above the ticket's threshold the hash is, in the chip's unit.
fn surplus(silicon: &Silicon, bits: u32) -> u8 {
    (bits * silicon.surplus_scale).min(0xff) as u8
}

fn job_byte(coding: IdCoding, id: u8, slot: u16) -> u8 {
    let slot = slot as u8;
    match coding {
        IdCoding::Low5 => id & 0x1f,
        IdCoding::PlusIndex => id.wrapping_add(slot),
        IdCoding::Index2 => id & 0xfc | slot & 0x03,
        IdCoding::SubCore3 => id & 0xf8 | slot & 0x07,
        IdCoding::SubCore4 => id << 1 & 0xf0 | slot & 0x0f,
    }
}

/// Adds the last byte: type bits `kind` and the checksum over all before it that follows the preamble.
fn sealed(mut reply: Reply, dialect: Dialect, kind: u8) -> Reply {
    let preamble = if dialect == Dialect::C { 2 } else { 0 };
    reply.push(kind | crc5_with(&reply[preamble..], kind, 3));
    reply
}
