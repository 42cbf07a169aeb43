//! The allocator. It overwrites freed memory with zeros, because strings that cross the border, serde's
//! buffers and growing buffers leave copies of secrets that no other code can reach.

use std::alloc::{GlobalAlloc, Layout};

use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};

/// talc's allocator, which compiles to less than half the size of the standard library's.
struct Allocator(WasmDynamicTalc);

#[global_allocator]
static ALLOCATOR: Allocator = Allocator(new_wasm_dynamic_allocator());

#[expect(unsafe_code, reason = "an allocator can't be written without")]
// SAFETY: talc's allocator does the work. Freed memory is never read, so it may be overwritten.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are the same.
        unsafe { self.0.alloc(layout) }
    }

    // The trait's own `realloc` copies to a new block and frees the old one here.
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the same, and `memory` has that size.
        unsafe {
            memory.write_bytes(0, layout.size());
            self.0.dealloc(memory, layout);
        }
    }
}
