//! Numbers with names.

/// Declares numbers with names: a module of constants (`mod`), or an enumeration (`enum`).
#[macro_export]
macro_rules! values {
    (
        $(#[doc = $doc:literal])*
        enum $name:ident: $type:ident { $($(#[doc = $about:literal])* $item:ident = $value:expr,)* }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr($type)]
        pub enum $name { $($(#[doc = $about])* $item = $value,)* }

        impl $name {
            pub const TABLE: $crate::Table = $crate::values!(
                @table $name, $type, concat!($($doc),*), $([$item, $value, concat!($($about),*)])*
            );
        }
    };
    (
        $(#[doc = $doc:literal])*
        mod $module:ident, $name:ident: $type:ident {
            $($(#[doc = $about:literal])* $item:ident = $value:expr,)*
        }
    ) => {
        $(#[doc = $doc])*
        pub mod $module {
            $($(#[doc = $about])* pub const $item: $type = $value;)*
            pub const TABLE: $crate::Table = $crate::values!(
                @table $name, $type, concat!($($doc),*), $([$item, $value, concat!($($about),*)])*
            );
        }
    };
    (@table $name:ident, $type:ident, $doc:expr, $([$item:ident, $value:expr, $about:expr])*) => {
        $crate::Table {
            name: stringify!($name),
            form: $crate::Form::Values,
            size: 0,
            doc: $doc,
            items: &[$($crate::Item {
                name: stringify!($item),
                kind: stringify!($type),
                value: $value as $type as u64,
                doc: $about,
            }),*],
        }
    };
}
