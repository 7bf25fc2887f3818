/* backoff.c - what was changed recently, and how long the next change of it waits. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/plan/backoff.h"

#include "croute/base/hash.h"
#include "croute/core/plan/plan.h"
#include "croute/core/plan/schedule.h"

/* What a key is of, besides a row of each kind (enum change_kind). */
enum { KEY_TABLE = CHANGE_KINDS, KEY_FILE, KEY_PART };

/* Never 0. */
static uint64_t key_of(unsigned what, const void *identity, size_t size)
{
	uint64_t key = hash_bytes(hash_bytes(HASH_BEGIN, &what, sizeof(what)), identity, size);

	return key != 0 ? key : 1;
}

static struct backoff_object *find(struct backoff *backoff, uint64_t key)
{
	for (uint32_t i = 0; i < BACKOFF_OBJECTS; i++) {
		if (backoff->objects[i].key == key)
			return &backoff->objects[i];
	}
	return NULL;
}

/* A free place, or that of the object that was changed the longest ago. */
static struct backoff_object *make_room(struct backoff *backoff)
{
	struct backoff_object *oldest = &backoff->objects[0];

	for (uint32_t i = 0; i < BACKOFF_OBJECTS; i++) {
		if (backoff->objects[i].key == 0)
			return &backoff->objects[i];
		if (backoff->objects[i].last < oldest->last)
			oldest = &backoff->objects[i];
	}
	return oldest;
}

static struct backoff_object *object_for(struct backoff *backoff, uint64_t key)
{
	struct backoff_object *object = find(backoff, key);

	if (object != NULL)
		return object;
	object = make_room(backoff);
	*object = (struct backoff_object){.key = key};
	return object;
}

static bool must_wait(struct backoff *backoff, const struct backoff_object *object, int64_t now)
{
	if (object == NULL || object->next <= now)
		return false;
	if (backoff->due == 0 || object->next < backoff->due)
		backoff->due = object->next;
	return true;
}

/* One more change, however many rows of the object a pass touches. Whether it is the one after
 * which patience is needed. */
static bool count_one(struct backoff *backoff, struct backoff_object *object, uint32_t patience,
		      int64_t now)
{
	uint32_t beyond;
	int64_t wait = SCHEDULE_BACKOFF_FIRST_MS;

	if (object->times > 0 && object->pass == backoff->pass)
		return false;
	if (now - object->last > BACKOFF_FORGET_MS)
		object->times = 0;
	object->last = now;
	object->pass = backoff->pass;
	object->times++;
	if (object->times < patience)
		return false;
	beyond = object->times - patience;
	wait = beyond < 8 ? wait << beyond : SCHEDULE_BACKOFF_MOST_MS;
	object->next = now + (wait < SCHEDULE_BACKOFF_MOST_MS ? wait : SCHEDULE_BACKOFF_MOST_MS);
	return beyond == 0;
}

void backoff_begin(struct backoff *backoff)
{
	backoff->pass++;
	backoff->due = 0;
}

/* --- rows */

static uint64_t key_of_row(const struct picture *picture, const struct change *change)
{
	return key_of(change->kind, picture_row(picture, change),
		      picture->have.rows[change->kind].key_size);
}

static bool is_change(const struct change *change, enum change_result result)
{
	return change->action != CHANGE_NONE && change->result == result;
}

static bool is_crowd(const struct plan *plan, enum change_result result)
{
	uint32_t count = 0;

	for_each_change (change, plan)
		count += is_change(change, result);
	return count > BACKOFF_OBJECTS;
}

void backoff_weigh(struct backoff *backoff, struct picture *picture, int64_t now)
{
	bool crowd = is_crowd(&picture->plan, CHANGE_PLANNED);

	for_each_change (change, &picture->plan) {
		const struct backoff_object *object = &backoff->crowd;

		if (!is_change(change, CHANGE_PLANNED))
			continue;
		if (!crowd)
			object = find(backoff, key_of_row(picture, change));
		if (must_wait(backoff, object, now))
			change->result = CHANGE_PUT_OFF;
	}
}

void backoff_note(struct backoff *backoff, struct picture *picture, int64_t now)
{
	bool crowd = is_crowd(&picture->plan, CHANGE_APPLIED);

	for_each_change (change, &picture->plan) {
		struct backoff_object *object = &backoff->crowd;

		if (!is_change(change, CHANGE_APPLIED))
			continue;
		if (!crowd)
			object = object_for(backoff, key_of_row(picture, change));
		change->named = count_one(backoff, object, BACKOFF_PATIENCE, now);
	}
}

/* --- parts of devices */

static uint64_t key_of_part(const char *device, uint32_t part)
{
	uint64_t identity[] = {hash_text(device), part};

	return key_of(KEY_PART, identity, sizeof(identity));
}

uint32_t backoff_parts(struct backoff *backoff, const char *device, uint32_t parts, int64_t now)
{
	uint32_t waiting = 0;

	for (uint32_t part = 1; part != 0; part <<= 1) {
		if ((parts & part) != 0 &&
		    must_wait(backoff, find(backoff, key_of_part(device, part)), now))
			waiting |= part;
	}
	return waiting;
}

uint32_t backoff_note_parts(struct backoff *backoff, const char *device, uint32_t parts,
			    int64_t now)
{
	uint32_t begun = 0;

	for (uint32_t part = 1; part != 0; part <<= 1) {
		bool whole = part == BACKOFF_MAKE || part == BACKOFF_REMOVE;

		if ((parts & part) != 0 &&
		    count_one(backoff, object_for(backoff, key_of_part(device, part)),
			      whole ? BACKOFF_PATIENCE : BACKOFF_PATIENCE_PART, now))
			begun |= part;
	}
	return begun;
}

/* --- what has a name */

static uint64_t key_of_name(enum backoff_kind kind, const char *name)
{
	uint64_t identity = hash_text(name);

	return key_of(kind == BACKOFF_TABLE ? KEY_TABLE : KEY_FILE, &identity, sizeof(identity));
}

bool backoff_named(struct backoff *backoff, enum backoff_kind kind, const char *name, int64_t now)
{
	return must_wait(backoff, find(backoff, key_of_name(kind, name)), now);
}

bool backoff_note_named(struct backoff *backoff, enum backoff_kind kind, const char *name,
			int64_t now)
{
	return count_one(backoff, object_for(backoff, key_of_name(kind, name)),
			 kind == BACKOFF_TABLE ? BACKOFF_PATIENCE : BACKOFF_PATIENCE_PART, now);
}
