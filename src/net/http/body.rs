//! Bodies as a whole, within their bound, decoded.

use std::io::Read;

use bytes::{Bytes, BytesMut};
use flate2::read::GzDecoder;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

use super::super::NetError;

/// Reads a body of at most `max` bytes to its end, however slowly it comes; the caller bounds the time.
///
/// # Errors
/// [`NetError::BodyTooLarge`], or what broke it off.
pub(super) async fn collect(mut body: Incoming, max: usize) -> Result<Bytes, NetError> {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > max {
        return Err(NetError::BodyTooLarge(max));
    }
    let mut whole = BytesMut::with_capacity(announced);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| NetError::hyper("reading from", &error))?;
        if let Ok(data) = frame.into_data() {
            if whole.len() + data.len() > max {
                return Err(NetError::BodyTooLarge(max));
            }
            whole.extend_from_slice(&data);
        }
    }
    Ok(whole.freeze())
}

/// Undoes a `Content-Encoding`; what comes out has at most `max` bytes.
///
/// # Errors
/// An encoding that was not asked for, broken data, or too much of it.
pub(super) fn decode(body: Bytes, encoding: Option<&str>, max: usize) -> Result<Bytes, NetError> {
    match encoding
        .map(|name| name.trim().to_ascii_lowercase())
        .as_deref()
    {
        None | Some("" | "identity") => Ok(body),
        Some("gzip" | "x-gzip") => gunzip(&body, max),
        Some(_) => Err(NetError::Encoding("it is neither gzip nor plain")),
    }
}

fn gunzip(body: &[u8], max: usize) -> Result<Bytes, NetError> {
    let mut plain = Vec::new();
    let bound = max as u64 + 1;
    GzDecoder::new(body)
        .take(bound)
        .read_to_end(&mut plain)
        .map_err(|_| NetError::Encoding("its gzip data are broken"))?;
    if plain.len() > max {
        return Err(NetError::BodyTooLarge(max));
    }
    Ok(plain.into())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn zipped(plain: &[u8]) -> Bytes {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap().into()
    }

    #[test]
    fn gzip_is_undone_within_its_bound() {
        let body = zipped(b"{\"result\":true}");
        assert_eq!(
            decode(body, Some(" GZIP "), 100).unwrap(),
            "{\"result\":true}"
        );
        let plain = Bytes::from_static(b"x");
        assert_eq!(decode(plain.clone(), None, 1).unwrap(), "x");
        let error = decode(plain.clone(), Some("br"), 1).unwrap_err();
        assert!(error.to_string().contains("neither gzip nor plain"));
        let error = decode(plain, Some("gzip"), 1).unwrap_err();
        assert!(error.to_string().contains("broken"));
        // A bomb: 100 MB of blanks in 100 kB.
        let bomb = zipped(&vec![b' '; 100_000_000]);
        let error = decode(bomb, Some("gzip"), 65_536).unwrap_err();
        assert!(error.to_string().contains("65536 bytes"), "{error}");
        let whole = zipped(&vec![7; 65_536]);
        assert_eq!(decode(whole, Some("gzip"), 65_536).unwrap().len(), 65_536);
    }
}
