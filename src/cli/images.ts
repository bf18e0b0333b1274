import type { Argv } from 'yargs'
import { type Chosen, type Command, defineCommand, type GlobalOptions } from './command.ts'
import type { BuildOptions } from './image-commands.ts'

// The builder is loaded when it is wanted: no other command should wait for it.
const listCommand = defineCommand<GlobalOptions>({
  command: 'list',
  describe: 'List the recipes, and whether their images are built',
  builder: (yargs) => yargs.example('$0 images list', 'what can be built here'),
  handler: async (options, io) => (await import('./image-commands.ts')).listImages(options, io),
})

const buildCommand = defineCommand<BuildOptions>({
  command: 'build [recipes..]',
  describe: 'Build images that are missing: all, or those of the recipes named',
  builder: (yargs) =>
    yargs
      .positional('recipes', { type: 'string', array: true, default: [], describe: 'Only these' })
      .example('$0 images build', 'everything, ahead of time')
      .example('$0 images build php-8.4', 'one of them'),
  handler: async (options, io) => (await import('./image-commands.ts')).buildWanted(options, io),
})

/** A command of commands. */
export const imagesCommand: Command = {
  install: (yargs, choose: (chosen: Chosen) => void): Argv<GlobalOptions> =>
    yargs.command('images', 'List or build the images of services', (inner) => {
      listCommand.install(inner, choose)
      buildCommand.install(inner, choose)
      return inner.demandCommand(1, 'images: list or build?').example('$0 images list', 'what can be built here')
    }),
}
