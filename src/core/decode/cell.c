/* cell.c - putting values where they belong. */
#include "core/decode/cell.h"

#include <errno.h>
#include <string.h>

#include "croute/core/parse/value.h"

int cell_refuse_quotes(const struct cell *cell, const char *what, struct error *err)
{
	char quoted[VALUE_QUOTE_MAX];

	return error_set(err, EINVAL, "%s in quotes is text; %s is %s, write it without quotes",
			 value_quote(cell->item->text, quoted), cell->key->name, what);
}

void cell_put_number(const struct cell *cell, uint64_t value)
{
	uint32_t value32 = (uint32_t)value;
	uint16_t value16 = (uint16_t)value;
	uint8_t value8 = (uint8_t)value;

	switch (cell->key->size) {
	case sizeof(uint64_t):
		memcpy(cell->place, &value, sizeof(value));
		break;
	case sizeof(uint32_t):
		memcpy(cell->place, &value32, sizeof(value32));
		break;
	case sizeof(uint16_t):
		memcpy(cell->place, &value16, sizeof(value16));
		break;
	default:
		memcpy(cell->place, &value8, sizeof(value8));
		break;
	}
}

int cell_put_string(const struct cell *cell, struct error *err)
{
	if (!reader_add_string(cell->reader, cell->item->text, cell->place))
		return error_set(err, ENOSPC, "%s", READER_NO_ROOM);
	return 0;
}
