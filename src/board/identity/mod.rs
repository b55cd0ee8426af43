//! What a USB identity is taken for, and why. A table and a verdict: nothing here opens or reads anything.
//!
//! Texts beat ids: bridge chips sit on every kind of gadget, and makers put different boards behind one id.

mod bridges;
mod table;
mod udev;
mod verdict;

pub use bridges::{SHARED, Shared, shared};
pub use table::KNOWN;
pub use udev::udev_rules;
pub use verdict::{Verdict, identify, plain_port};

/// One identity that a board is known to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// What people call the boards.
    pub family: &'static str,
    /// Which kind of driver they take, in the words of `usb-ids.json`.
    pub class: &'static str,
    /// Vendor and product id; `None`: not known, the texts decide.
    pub ids: Option<(u16, u16)>,
    /// Text that the manufacturer string contains.
    pub manufacturer: Option<&'static str>,
    /// Texts that the product string contains, all of them.
    pub product: &'static [&'static str],
    /// The texts are those that the bridge chip's maker puts there, so they prove nothing.
    pub stock: bool,
    /// Some units were never programmed with the texts and show those of the bridge.
    pub unprogrammed: bool,
    /// Our models that drive it, the most cautious first; empty: not supported by this version.
    pub models: &'static [&'static str],
}

/// How far a device fits an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// Not at all.
    No,
    /// It could be.
    Maybe,
    /// It is; by so many characters of text.
    Certain(usize),
}

impl Known {
    const fn family(mut self, family: &'static str, class: &'static str) -> Self {
        self.family = family;
        self.class = class;
        self
    }

    const fn made_by(mut self, manufacturer: &'static str) -> Self {
        self.manufacturer = Some(manufacturer);
        self
    }

    const fn product(mut self, texts: &'static [&'static str]) -> Self {
        self.product = texts;
        self
    }

    const fn stock_strings(mut self) -> Self {
        self.stock = true;
        self
    }

    const fn or_unprogrammed(mut self) -> Self {
        self.unprogrammed = true;
        self
    }

    const fn driven_by(mut self, models: &'static [&'static str]) -> Self {
        self.models = models;
        self
    }

    /// Whether it asks for texts.
    pub fn has_text(&self) -> bool {
        self.manufacturer.is_some() || !self.product.is_empty()
    }

    /// Whether its id alone tells nothing.
    pub fn is_shared(&self) -> bool {
        self.ids.is_none_or(|(vid, pid)| shared(vid, pid).is_some())
    }

    /// Whether showing it proves what the device is.
    pub fn is_proof(&self) -> bool {
        !self.stock && (self.has_text() || !self.is_shared())
    }

    fn fit(&self, ids: (u16, u16), manufacturer: &str, product: &str) -> Fit {
        if self.ids.is_some_and(|own| own != ids) {
            return Fit::No;
        }
        let texts = self
            .manufacturer
            .is_none_or(|text| manufacturer.contains(text))
            && self.product.iter().all(|text| product.contains(text));
        match (texts, self.is_proof()) {
            (true, true) => Fit::Certain(self.text_length()),
            (true, false) => Fit::Maybe,
            // The texts could not be read, or are new: an id of its own still says something.
            (false, _) if self.unprogrammed || !self.is_shared() => Fit::Maybe,
            (false, _) => Fit::No,
        }
    }

    fn text_length(&self) -> usize {
        let product: usize = self.product.iter().map(|text| text.len()).sum();
        product + self.manufacturer.map_or(0, str::len)
    }
}

const fn usb(vid: u16, pid: u16) -> Known {
    let mut known = any();
    known.ids = Some((vid, pid));
    known
}

const fn any() -> Known {
    Known {
        family: "",
        class: "",
        ids: None,
        manufacturer: None,
        product: &[],
        stock: false,
        unprogrammed: false,
        models: &[],
    }
}

#[cfg(test)]
mod tests;
