/* What the shared object tells of itself. */
#ifndef PBS_CORE_H
#define PBS_CORE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* PBS_ABI_VERSION of pbs_layout.h. */
uint32_t pbs_abi_version(void);

/*
 * Writes the tables of all records and values as text, as much of it as there is room for. Returns the
 * length of the whole text.
 */
int64_t pbs_layout(uint8_t *out, size_t capacity);

#ifdef __cplusplus
}
#endif

#endif
