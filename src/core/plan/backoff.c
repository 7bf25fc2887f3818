/* backoff.c - per-object back-off for repairs that do not last. */
#include "croute/core/plan/backoff.h"

#include "croute/core/plan/schedule.h"

/* FNV-1a over kind and key of the wanted row; never 0. */
static uint64_t key_of(const struct desired *desired, const struct change *change)
{
	const struct rows *rows = &desired->want.rows[change->kind];
	const uint8_t *bytes = rows_at(rows, change->want);
	uint64_t sum = UINT64_C(0xcbf29ce484222325) ^ change->kind;

	for (uint32_t i = 0; i < rows->key_size; i++)
		sum = (sum ^ bytes[i]) * UINT64_C(0x100000001b3);
	return sum != 0 ? sum : 1;
}

static bool is_repair(const struct change *change, enum change_result result)
{
	return (change->action == CHANGE_ADD || change->action == CHANGE_REPLACE) &&
	       change->result == result;
}

static uint32_t count_repairs(const struct plan *plan, enum change_result result)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < plan_change_count(plan); i++)
		count += is_repair(plan_change_at(plan, i), result);
	return count;
}

static struct fight_object *find(struct fight *fight, uint64_t key)
{
	for (uint32_t i = 0; i < FIGHT_OBJECTS; i++) {
		if (fight->objects[i].key == key)
			return &fight->objects[i];
	}
	return NULL;
}

/* A free place, or that of the object that was repaired the longest ago. */
static struct fight_object *make_room(struct fight *fight)
{
	struct fight_object *oldest = &fight->objects[0];

	for (uint32_t i = 0; i < FIGHT_OBJECTS; i++) {
		if (fight->objects[i].key == 0)
			return &fight->objects[i];
		if (fight->objects[i].last < oldest->last)
			oldest = &fight->objects[i];
	}
	return oldest;
}

static void put_off(struct fight *fight, const struct fight_object *object)
{
	fight->put_off++;
	if (fight->due == 0 || object->next < fight->due)
		fight->due = object->next;
}

void fight_weigh(struct fight *fight, struct plan *plan, const struct desired *desired, int64_t now)
{
	bool crowd = count_repairs(plan, CHANGE_PLANNED) > FIGHT_OBJECTS;

	fight->due = 0;
	fight->put_off = 0;
	for (uint32_t i = 0; i < plan_change_count(plan); i++) {
		struct change *change = plan_change_at(plan, i);
		const struct fight_object *object = &fight->crowd;

		if (!is_repair(change, CHANGE_PLANNED))
			continue;
		if (!crowd)
			object = find(fight, key_of(desired, change));
		if (object == NULL || object->next <= now)
			continue;
		change->result = CHANGE_DELAYED;
		put_off(fight, object);
	}
}

/* One more repair. Whether it is the one after which patience is needed. */
static bool count_one(struct fight_object *object, int64_t now)
{
	uint32_t beyond;
	int64_t wait = PACE_BACKOFF_FIRST_MS;

	if (now - object->last > FIGHT_FORGET_MS)
		object->repairs = 0;
	object->last = now;
	object->repairs++;
	if (object->repairs < FIGHT_PATIENCE)
		return false;
	beyond = object->repairs - FIGHT_PATIENCE;
	wait = beyond < 8 ? wait << beyond : PACE_BACKOFF_MOST_MS;
	object->next = now + (wait < PACE_BACKOFF_MOST_MS ? wait : PACE_BACKOFF_MOST_MS);
	return beyond == 0;
}

static struct fight_object *object_for(struct fight *fight, uint64_t key)
{
	struct fight_object *object = find(fight, key);

	if (object != NULL)
		return object;
	object = make_room(fight);
	*object = (struct fight_object){.key = key};
	return object;
}

uint32_t fight_note(struct fight *fight, const struct plan *plan, const struct desired *desired,
		    int64_t now)
{
	bool crowd = count_repairs(plan, CHANGE_APPLIED) > FIGHT_OBJECTS;
	uint32_t told = UINT32_MAX;
	bool counted = false;

	for (uint32_t i = 0; i < plan_change_count(plan); i++) {
		const struct change *change = plan_change_at(plan, i);
		struct fight_object *object = &fight->crowd;

		if (!is_repair(change, CHANGE_APPLIED) || (crowd && counted))
			continue;
		if (!crowd)
			object = object_for(fight, key_of(desired, change));
		counted = true;
		if (count_one(object, now))
			told = i;
	}
	return told;
}

bool fight_weigh_table(struct fight *fight, int64_t now)
{
	if (fight->table.next <= now)
		return false;
	put_off(fight, &fight->table);
	return true;
}

bool fight_note_table(struct fight *fight, int64_t now)
{
	return count_one(&fight->table, now);
}
