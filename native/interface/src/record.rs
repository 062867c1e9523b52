//! Structures that cross the interface as bytes.

/// A number, or a run of bytes, of which every bit pattern is a value.
///
/// # Safety
/// No padding, no invalid bit pattern.
pub unsafe trait Plain: Copy {}

macro_rules! plain {
    ($($type:ty)*) => { $(
        // SAFETY: an integer.
        unsafe impl Plain for $type {}
    )* };
}
plain!(u8 u16 u32 u64 i32 i64);
// SAFETY: an array has the properties of its elements.
unsafe impl<T: Plain, const N: usize> Plain for [T; N] {}

// Numbers are little endian on the other side.
#[cfg(target_endian = "big")]
compile_error!("the binary interface is that of a little-endian machine");

/// A structure declared with [`record!`].
///
/// # Safety
/// `repr(C)`, all fields are [`Plain`], and there is no padding between or behind them.
pub unsafe trait Record: Copy {
    /// Its bytes.
    fn as_bytes(&self) -> &[u8] {
        // SAFETY: all bytes are initialised, see the trait.
        unsafe { std::slice::from_raw_parts((&raw const *self).cast(), size_of::<Self>()) }
    }

    /// The record at the start of `bytes`, which need not be aligned; none if they are too few.
    fn read(bytes: &[u8]) -> Option<Self> {
        // SAFETY: there are enough bytes, and every bit pattern is a value, see the trait.
        (bytes.len() >= size_of::<Self>())
            .then(|| unsafe { bytes.as_ptr().cast::<Self>().read_unaligned() })
    }

    /// Writes the record to the start of `bytes`, which are enough.
    fn write(&self, bytes: &mut [u8]) {
        bytes[..size_of::<Self>()].copy_from_slice(self.as_bytes());
    }
}

/// Declares a record: a structure of [`Plain`] fields without padding. The fields may be counted in
/// `words` of 32 bits or in `bytes`.
#[macro_export]
macro_rules! record {
    (
        $form:ident
        $(#[doc = $doc:literal])*
        $name:ident { $($(#[doc = $about:literal])* $field:ident: $type:ty,)* }
    ) => {
        $(#[doc = $doc])*
        #[repr(C)]
        #[derive(Clone, Copy, Default)]
        pub struct $name { $($(#[doc = $about])* pub $field: $type,)* }

        impl $name {
            pub const TABLE: $crate::Table = $crate::Table {
                name: stringify!($name),
                form: $crate::Form::$form,
                size: size_of::<$name>(),
                doc: concat!($($doc),*),
                items: &[$($crate::Item {
                    name: stringify!($field),
                    kind: stringify!($type),
                    value: std::mem::offset_of!($name, $field) as u64,
                    doc: concat!($($about),*),
                }),*],
            };
        }

        const _: () = {
            const fn plain<T: $crate::Plain>() -> usize { size_of::<T>() }
            assert!(0 $(+ plain::<$type>())* == size_of::<$name>(), "padding");
        };
        // SAFETY: `repr(C)`, plain fields, and their sizes add up to that of the whole.
        unsafe impl $crate::Record for $name {}

        impl $crate::Pointee for $name {
            const NAME: &'static str = stringify!($name);
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    record! {
        Bytes
        /// What is tested.
        Sample {
            /// First.
            tag: u64,
            kind: u32,
            errno: i32,
        }
    }

    #[test]
    fn a_record_is_its_bytes_and_tells_where_its_fields_are() {
        let sample = Sample {
            tag: 1 << 40,
            kind: 2,
            errno: -3,
        };
        let mut bytes = [0xaa; 20];
        sample.write(&mut bytes[1..]);
        assert_eq!(bytes[1..9], (1u64 << 40).to_le_bytes());
        assert_eq!(bytes[13..17], (-3i32).to_le_bytes());
        assert_eq!((bytes[0], bytes[17]), (0xaa, 0xaa));
        let read = Sample::read(&bytes[1..]).unwrap();
        assert_eq!((read.tag, read.kind, read.errno), (1 << 40, 2, -3));
        assert!(Sample::read(&bytes[5..]).is_none());
        let text = crate::write_tables(&[&[Sample::TABLE]]);
        assert_eq!(
            text,
            "bytes\tSample\t16\tWhat is tested.\n\ttag\tu64\t0\tFirst.\n\tkind\tu32\t8\t\n\terrno\ti32\t12\t\n"
        );
    }
}
